#!/usr/bin/env bash
#SBATCH --job-name=cxr-infer
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:USR1@120
# One task of the array job that submit.sh submits: the shard with the task's number. It continues
# where an earlier attempt ended. Two minutes before its time is over, it finishes the films in
# progress and queues itself again.
#
#   array.sh PROGRAM LIST OUTPUT SHARDS SCRATCH [OPTION OF CXR-INFER ...]
set -euo pipefail
program=$1 list=$2 output=$3 shards=$4 scratch=$5
shift 5

# A job that is cancelled or requeued gets TERM, and must not queue itself.
child= time_is_over=false
end_child() { if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi; }
trap end_child TERM
trap 'time_is_over=true; end_child' USR1

# local_copy FILE: prints the path of a copy on this node, made once; if there can be none, of FILE.
# Others must not be able to put a model there: it can do whatever its user can.
local_copy() {
  local folder copy
  folder=$scratch/cxr-infer-$(id -u)
  mkdir -p -m 700 "$folder" 2>/dev/null || true
  if [ ! -O "$folder" ] || [ -L "$folder" ]; then
    echo "$1"
    return
  fi
  folder=$folder/$(stat -c '%i-%s-%Y' "$1")
  copy=$folder/$(basename "$1")
  (
    flock 9
    if [ ! -e "$copy" ]; then
      mkdir -p "$folder"
      cp "$(dirname "$1")/manifest.json" "$folder/" 2>/dev/null || true  # has the SHA-256
      cp "$1" "$copy.part" && mv "$copy.part" "$copy"
    fi
  ) 9>"${folder%/*}/lock" || copy=$1
  echo "$copy"
}

# The models that the options name, unless these give a contract with them.
for model in segmenter classifier; do
  file=$("$program" --output "$output" "$@" --print-config | sed -n "s|^  \"$model\": \"\(.*\)\",.*|\1|p")
  if [ -n "$file" ]; then set -- "$@" --set "$model=$(local_copy "$file")"; fi
done

"$program" --shard "auto/$shards" --list "$list" --output "$output/shards/$SLURM_ARRAY_TASK_ID" \
  --resume --threads "${SLURM_CPUS_PER_TASK:-1}" --format csv "$@" >/dev/null &
child=$!
if $time_is_over; then kill -TERM "$child"; fi
status=0
while true; do
  wait "$child" && status=0 || status=$?
  kill -0 "$child" 2>/dev/null || break  # else it was only the trap
done

case $status in
  4) exit 0 ;;  # some films failed: they have rows that say so
  143) if $time_is_over; then scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"; fi ;;
esac
exit "$status"
