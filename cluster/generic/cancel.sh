#!/bin/sh
# cancel.sh JOB...: take these jobs off the queue, running or not.
exec scancel "$@"
