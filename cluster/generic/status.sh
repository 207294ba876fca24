#!/bin/sh
# status.sh JOB: print one word, `running` (queued counts), `success` or `failed`.
# The controller knows a job at once and forgets it minutes after its end; the accounts, where kept, are late but remember.
if said=$(scontrol --oneliner show job "$1" 2>&1); then
    state=$(echo "$said" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p')
else
    case $said in *"Invalid job id"*) ;; *) echo running; exit ;; esac  # nobody answers: ask again later
    state=$(sacct --jobs="$1" --allocations --noheader --parsable2 --format=State 2>/dev/null | tail -n 1)
fi
case $state in
    COMPLETED) echo success ;;
    PENDING | CONFIGURING | RUNNING | COMPLETING | SUSPENDED | STOPPED | RESIZING | SIGNALING | STAGE_OUT | REQUEUED) echo running ;;
    *) echo failed ;;  # FAILED, CANCELLED, TIMEOUT, OUT_OF_MEMORY, NODE_FAIL, ..., or nobody knows it any more
esac
