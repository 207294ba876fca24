#!/bin/sh
# submit.sh RULE THREADS MEMORY_MB MINUTES GPUS JOBSCRIPT: queue the script, print the job's number and nothing else.
set -eu
rule=$1 threads=$2 memory=$3 minutes=$4 gpus=$5 script=$6
mkdir -p .snakemake/cluster_logs
[ "$gpus" -eq 0 ] || set -- --gpus="$gpus" "$script"
[ "$gpus" -ne 0 ] || set -- "$script"
# Grid Engine: qsub -terse -cwd -V -pe smp "$threads" -l h_vmem=... ; PBS: qsub -V -l select=1:ncpus=...:mem=...
sbatch --parsable --requeue --job-name="$rule" --output=.snakemake/cluster_logs/%j.log \
    --ntasks=1 --cpus-per-task="$threads" --mem="$memory" --time="$minutes" "$@"
