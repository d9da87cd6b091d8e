#!/usr/bin/env bash
# Judges radiographs on a Slurm cluster: an array job of shards, then a job that merges them.
#
#   submit.sh [--films-per-task N] [--program FILE] [--scratch DIR] [--sbatch OPTION] ...
#     FILMS OUTPUT [OPTION OF CXR-INFER ...]
#
#   FILMS    a folder, searched with its sub-folders for *.dcm, *.png, *.jpg, *.tif, …; or a file
#            with one path per line. Other names of DICOM files need such a file.
#   OUTPUT   a folder that all nodes share: list.txt, logs/, shards/1, 2, …, and results/
#
#   --films-per-task  about how many films a task judges (default 2000)
#   --program         cxr-infer (default: that of PATH)
#   --scratch         a folder on each node for a copy of the models (default /tmp)
#   --sbatch          an option for the array job, such as --time=2:00:00 or --cpus-per-task=4
#
# If a task fails, the merge is cancelled. Submit again with the same arguments: what is done is kept.
set -euo pipefail

fail() {
  echo "submit: $1" >&2
  exit 2
}

films_per_task=2000 program=cxr-infer scratch=/tmp
sbatch_options=()
while [[ ${1:-} == --* ]]; do
  [ $# -ge 2 ] || fail "$1 needs a value"
  case $1 in
    --films-per-task) films_per_task=$2 ;;
    --program) program=$2 ;;
    --scratch) scratch=$2 ;;
    --sbatch) sbatch_options+=("$2") ;;
    *) fail "unknown option $1" ;;
  esac
  shift 2
done
[ $# -ge 2 ] || fail "needs FILMS and OUTPUT"
films=$(realpath "$1")
mkdir -p "$2"
output=$(realpath "$2")
shift 2
scripts=$(dirname "$(realpath "$0")")
program=$(command -v "$program") || fail "cxr-infer is not found; name it with --program"
program=$(realpath "$program")

# All tasks must have the same list: it is made once.
mkdir -p "$output/logs" "$output/shards"
list=$output/list.txt
if [ -d "$films" ]; then
  set -- --root "$films" "$@"
  if [ ! -e "$list" ]; then
    find -L "$films" -regextype posix-extended -mindepth 1 -name '.*' -prune -o -type f \
      -iregex '.*\.(dcm|dicom|png|jpe?g|jpe|jfif|tiff?|bmp|webp)' -print |
      LC_ALL=C sort >"$list.part"
    mv "$list.part" "$list"
  fi
elif [ ! -e "$list" ]; then
  cp "$films" "$list.part"
  mv "$list.part" "$list"
elif ! cmp -s "$films" "$list"; then
  fail "$output is that of another list"
fi
count=$(grep -c . "$list") || fail "$films has no films"

# An array cannot have more tasks than the cluster allows.
most=$(scontrol show config | sed -n 's/^MaxArraySize *= *//p')
shards=$(((count + films_per_task - 1) / films_per_task))
[ "$shards" -lt "${most:-1001}" ] || shards=$((most - 1))
if [ -e "$output/shards.txt" ]; then shards=$(cat "$output/shards.txt"); fi
echo "$shards" >"$output/shards.txt"

array=$(sbatch --parsable --array="1-$shards" --output="$output/logs/%A_%a.log" \
  ${sbatch_options[@]+"${sbatch_options[@]}"} \
  "$scripts/array.sh" "$program" "$list" "$output" "$shards" "$scratch" "$@")
merge=$(sbatch --parsable --dependency="afterok:$array" --kill-on-invalid-dep=yes --output="$output/logs/merge_%j.log" \
  "$scripts/merge.sh" "$program" "$output")
echo "$count films in $shards tasks: job $array; then merge: job $merge; results: $output/results"
