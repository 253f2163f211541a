#!/bin/sh
# Say what a migrate task of the Makefile does not take, and how it is typed; nothing has run by then.
# $1 is the task. $MIGRATION_WORD is a word beside it that is no task; or $MIGRATION_VALUE is the name of a value it
# does not take, and $MIGRATION_GIVEN what was given for it.
set -eu

task=$1
command="make $task args="

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
"migrate-create "*) form="it takes name=, rename= and fill=" ;;
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
