import peewee as pw


class Student(pw.Model):
    name = pw.CharField()


class Course(pw.Model):
    title = pw.CharField()
    students = pw.ManyToManyField(Student, backref='courses')


StudentCourse = Course.students.get_through_model()
