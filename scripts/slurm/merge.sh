#!/usr/bin/env bash
#SBATCH --job-name=cxr-merge
#SBATCH --requeue
#SBATCH --open-mode=append
# Puts the shards of submit.sh together when all are finished.
#
#   merge.sh PROGRAM OUTPUT
set -euo pipefail
exec "$(dirname "$1")/cxr-merge" --output "$2/results" "$2"/shards/*
