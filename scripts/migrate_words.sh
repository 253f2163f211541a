#!/bin/sh
# Say what a migrate task of the Makefile does not take, and how it is typed; nothing has run by then.
# $1 is the task, and the tasks there are come after it. $MIGRATION_WORD is a word beside it that is no task; or $MIGRATION_VALUE is the name of a value it
# does not take, and $MIGRATION_GIVEN what was given for it.
set -eu

task=$1
command="make $task args="
shift

# The task whose name takes the fewest changes of a letter, where those are few; nothing where none is like it.
nearest() {
    awk 'function least(a, b) { return a < b ? a : b }
    function changes(from, to,    i, j, row, above, kept) {
        for (j = 0; j <= length(to); j++) row[j] = j
        for (i = 1; i <= length(from); i++) {
            above = row[0]; row[0] = i
            for (j = 1; j <= length(to); j++) {
                kept = row[j]
                row[j] = least(least(row[j], row[j - 1]) + 1, above + (substr(from, i, 1) != substr(to, j, 1)))
                above = kept
            }
        }
        return row[length(to)]
    }
    BEGIN {
        sub(/^migrate-/, "", ARGV[1])
        for (n = 2; n < ARGC; n++) {
            task = ARGV[n]; sub(/^migrate-/, "", task)
            few = substr(task, 1, 1) == substr(ARGV[1], 1, 1) ? 2 : length(ARGV[1]) / 3
            count = changes(ARGV[1], task)
            if (count <= few && (!found || count < fewest)) { fewest = count; found = ARGV[n] }
        }
        print found
    }' "$@"
}

case ${MIGRATION_WORD-} in
migrate-*)
    meant=$(nearest "$MIGRATION_WORD" "$@")
    case ${MIGRATION_WORD#migrate-} in
    show | sql | adopt | diff | history | init | models)
        form="make migrate-command args=${MIGRATION_WORD#migrate-}"
        ;;
    *) form="${meant:+did you mean $meant? }make help lists the tasks" ;;
    esac
    printf 'error: there is no task %s; %s\n' "$MIGRATION_WORD" "$form" >&2
    exit 2
    ;;
esac

if [ -n "${MIGRATION_WORD-}" ]; then
    typed=$MIGRATION_WORD given=$MIGRATION_WORD name=to
else
    typed="$MIGRATION_VALUE=${MIGRATION_GIVEN-}" given=${MIGRATION_GIVEN-} name=$MIGRATION_VALUE
fi

case "$task $name" in
"migrate-create to")
    name=${MIGRATION_NAME-}
    form="a name is one word: make migrate-create name=${name:+${name}_}$given"
    ;;
"migrate-create "*) form="it takes name=, rename=, fill= and args=" ;;
"migrate-accept "*) form="make migrate-accept name=$given" ;;
"migrate-restore "*) form="make migrate-restore copy=$given" ;;
"migrate to" | "migrate target" | "migrate name") form="to apply up to it: $command$given" ;;
"migrate-plan to" | "migrate-plan target" | "migrate-plan name") form="to plan up to it: $command$given" ;;
"migrate-rollback to" | "migrate-rollback target" | "migrate-rollback name")
    form="to undo all that came after it: $command$given"
    ;;
"migrate-rollback count") form="$command\"--count $given\"" ;;
*) form="what it takes is told by $command--help" ;;
esac
printf 'error: make %s does not take %s; %s\n' "$task" "$typed" "$form" >&2
exit 2
