import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):

    @migrator.create_model
    class Student(pw.Model):
        name = pw.CharField()

    @migrator.create_model
    class Course(pw.Model):
        title = pw.CharField()
        students = pw.ManyToManyField(Student, backref='courses')

    migrator.create_model(Course.students.get_through_model())

    def seed():
        course = Course.create(title='Logic')
        course.students.add(Student.create(name='Kurt'))

    migrator.python(seed)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_model('course_student_through')
    migrator.remove_model('course')
    migrator.remove_model('student')
