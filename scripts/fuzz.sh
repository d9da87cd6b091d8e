#!/usr/bin/env bash
# Fuzzes what reads files (tests/fuzz): builds the fuzzers with clang, makes seeds, runs each fuzzer
# and prints a table. Exit status 1 if one crashed, hung for 10 s or took too much memory; the inputs
# are then in FOLDER/found.
#
#   scripts/fuzz.sh [--runs N | --seconds N] [FOLDER]     default: 1000 runs of each, build-fuzz
#
# What is found on the way is kept in FOLDER/corpus. With DCMTK_DIR in the environment, DCMTK is
# taken from there: one that is itself built by clang with -fsanitize=address,fuzzer-no-link.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

limit=-runs=1000
case ${1:-} in
  --runs) limit=-runs=$2; shift 2 ;;
  --seconds) limit=-max_total_time=$2; shift 2 ;;
esac
folder=${1:-build-fuzz}
command -v clang++ >/dev/null || { echo "fuzz: skipped, there is no clang++"; exit 0; }

scripts/build.sh "$folder" -DCXR_FUZZ=ON -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_COMPILER=clang++ \
  ${DCMTK_DIR:+-DDCMTK_DIR="$DCMTK_DIR"} -- fuzzers || exit 1
"$folder/bin/fuzz-seeds" "$folder/seeds" || exit 1
mkdir -p "$folder/found"
if [ -d /dev/shm ]; then export TMPDIR=/dev/shm; fi

failures=0
# fuzz NAME PROGRAM SEEDS...
fuzz() {
  local name=$1 program=$2 log=$folder/found/$1.log verdict=ok runs
  shift 2
  mkdir -p "$folder/corpus/$name"
  if ! "$folder/bin/fuzz-$program" "$limit" -seed=1 -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
    -print_final_stats=1 -artifact_prefix="$folder/found/$name-" \
    "$folder/corpus/$name" "$@" >"$log" 2>&1; then
    verdict=FAILED
    failures=$((failures + 1))
  fi
  runs=$(grep -aoE 'number_of_executed_units: [0-9]+' "$log" | grep -oE '[0-9]+$')
  printf '%-16s %9s  %s\n' "$name" "${runs:--}" "$verdict"
  if [ $verdict = FAILED ]; then grep -aE 'ERROR|SUMMARY|fuzz: ' "$log" | head -4 | sed 's/^/    /'; fi
}

printf '%-16s %9s\n' target runs
fuzz image_header image_header "$folder"/seeds/{png,jpeg,tiff,bmp,webp}
for format in png jpeg tiff bmp webp dicom; do fuzz $format read "$folder/seeds/$format"; done
for name in contract configuration manifest journal thumbnails run_record model_manifest; do
  fuzz $name $name "$folder/seeds/$name"
done
[ "$failures" = 0 ]
