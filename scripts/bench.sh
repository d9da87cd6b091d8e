#!/usr/bin/env bash
# Measures cxr-infer on made films: prints a table (Markdown), and writes FOLDER/bench.json.
#
#   scripts/bench.sh [--short | --full] [FOLDER [BUILD_FOLDER]]     (default: build/bench build)
#
# Needs cxr-infer and make-samples in BUILD_FOLDER/bin, and GNU time; about a quarter of an hour on two
# cores that do nothing else. --short: few films, each row once, two minutes. --full: 5,000 films as well.
# Each row is measured in three rounds: its figures are the median, with the lowest and the highest.
# On a busy machine PyTorch's waiting threads spin, and the ratios to Python mean nothing.
# The films are made once. Times are those of whole processes, memory that of the largest process.
# `Python` is scripts/bench_opponent.py; it is skipped where Debian's PyTorch, OpenCV or Matplotlib for
# Python is missing. scripts/bench-original.sh measures the original program on the same films.
set -euo pipefail
cd "$(dirname "$0")/.."
unset OMP_NUM_THREADS  # nproc and cxr-infer would take it for the number of cores

alike=200 mixed=60 rounds=3 many=(50 500)
case ${1:-} in
  --short) alike=40 mixed=20 rounds=1 many=(10 100) ;;
  --full) many+=(5000) ;;
  -*) echo "bench: unknown option $1; allowed: --short, --full" >&2; exit 2 ;;
esac
[[ ${1:-} != -* ]] || shift
folder=${1:-build/bench}
bin=$(realpath "${2:-build}")/bin
mkdir -p "$folder"
folder=$(realpath "$folder")
films=$folder/films-$alike-$mixed
runs=$folder/runs.tsv
cores=$(nproc)
python=/usr/bin/python3

# ---- Films

make_films() {
  if [ ! -d "$films" ]; then
    rm -rf "$films.part"
    "$bin/make-samples" --films "$films.part" "$alike" "$mixed"
    mv "$films.part" "$films"
  fi
  for count in 1 "${many[@]}"; do
    rm -rf "${films:?}/$count"
    mkdir "$films/$count"
    for ((i = 0; i < count; ++i)); do
      echo "$films/alike/film_$((1000 + i % alike)).png" "$films/$count/$i.png"
    done | xargs -n 2 ln
  done
}

# ---- Rows

# measure ROW FILMS COMMAND...: runs it on a folder of films, and notes its time and memory
measure() {
  local row=$1 count seconds kilobytes
  count=$(find "$films/$2" -type f | wc -l)
  echo "bench: round $round: $row" >&2
  rm -rf "$folder/output"
  mkdir "$folder/output"
  if ! /usr/bin/time -f '%e %M' -o "$folder/time" "${@:3}" >"$folder/out" 2>"$folder/err"; then
    echo "bench: failed: ${*:3}" >&2
    cat "$folder/err" >&2
    exit 1
  fi
  read -r seconds kilobytes <"$folder/time"
  printf '%s\t%s\t%s\t%s\n' "$row" "$count" "$seconds" "$kilobytes" >>"$runs"
}

# infer ROW FILMS PRECISION THREADS OPTION...
infer() {
  measure "$1" "$2" "$bin/cxr-infer" --config config/model-config.json --quiet --xraypath "$films/$2" \
    --precision "$3" --threads "$4" "${@:5}"
}

# opponent ROW BATCH [PICTURES]: the second row is of its loop alone, the networks loaded and compiled
opponent() {
  measure "$1" alike "$python" scripts/bench_opponent.py "$films/alike" "${@:2}"
  awk -v row="$1, start apart" -v rate="$(tail -1 "$folder/err")" -v OFS='\t' \
    '{ print row, '"$alike"', '"$alike"' / rate, $2 }' "$folder/time" >>"$runs"
}

has_bfloat16() { grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; }
has_opponent() { "$python" -c 'import torch, cv2, matplotlib' 2>/dev/null; }

all_rows() {
  local out=$folder/output set kinds="overlay,panels,mask,crop"
  for set in alike mixed; do
    infer "$set" $set float32 "$cores"
    infer "$set, heat maps" $set float32 "$cores" --heatmappath "$out/maps"
    infer "$set, all pictures, page" $set float32 "$cores" --output "$out/all" --save $kinds
  done
  if has_bfloat16; then
    infer "alike, bfloat16" alike bfloat16 "$cores"
    infer "alike, bfloat16, heat maps" alike bfloat16 "$cores" --heatmappath "$out/maps"
  fi
  infer "alike, $((2 * cores)) threads" alike float32 $((2 * cores))
  for batch in 1 8 32; do infer "alike, batches of $batch" alike float32 "$cores" --batch-size $batch; done
  infer "one film" 1 float32 "$cores"
  for count in "${many[@]}"; do
    infer "$count films, heat maps, page" "$count" float32 "$cores" --output "$out/all"
  done
  infer "alike, 1 thread" alike float32 1 --format jsonl
  mv "$folder/out" "$folder/one-thread.jsonl"
  infer "alike, heat maps, 1 thread" alike float32 1 --heatmappath "$out/maps"
  if has_opponent; then
    opponent "Python, alike" 1
    opponent "Python, alike, batches of 8" 8
    opponent "Python, alike, heat maps" 1 "$out"
  fi
}

# ---- Table

# stages: milliseconds of each stage for a film, on one thread of a run that has one
stages() {
  for stage in read segment enhance classify; do
    sed -E 's/.*"milliseconds":\{([^}]*)\}.*/\1/' "$folder/one-thread.jsonl" |
      awk -v stage=$stage -F'[:,]' '{ for (i = 1; i < NF; i += 2) if ($i == "\"" stage "\"") sum += $(i + 1) }
        END { printf "%s %.2f\n", stage, sum / NR }'
  done
}

# table: from rounds to figures. Prints Markdown to standard output, JSON to FILE
table() {
  stages >"$folder/stages"
  awk -F'\t' -v json="$folder/bench.json" -v cores="$cores" -v machine="$machine" -v day="$(date +%F)" \
    -v program="$program" -v stages="$folder/stages" '
    function median(what, row) {  # of one or three rounds
      return n[row] == 1 ? sum[what, row] : sum[what, row] - low[what, row] - high[what, row]
    }
    function rate_apart(row) {  # without the start
      return (films[row] - 1) / (median("seconds", row) - median("seconds", "one film"))
    }
    function add(what, row, value) {
      sum[what, row] += value
      if (n[row] == 1 || value < low[what, row]) low[what, row] = value
      if (n[row] == 1 || value > high[what, row]) high[what, row] = value
    }
    function rate(row) { return median("rate", row) }
    function figures(what, row, digits) {
      return sprintf("{\"median\": %.*f, \"lowest\": %.*f, \"highest\": %.*f}", digits, median(what, row),
        digits, low[what, row], digits, high[what, row])
    }
    function ratio(name, a, b) {
      if (!(a > 0 && b > 0)) return
      printf "| %s | %.2f |\n", name, a / b
      ratios = ratios (ratios == "" ? "" : ",") sprintf("\n    \"%s\": %.3f", name, a / b)
    }
    {
      if (!($1 in n)) name[++rows] = $1
      ++n[$1]
      films[$1] = $2
      add("seconds", $1, $3)
      add("rate", $1, $2 / $3)
      add("memory", $1, $4 / 1024)
    }
    END {
      printf "%s, %d cores, %s, %s\n\n", machine, cores, program, day
      print "| films | images/s | lowest – highest | seconds | MiB |\n|---|---|---|---|---|"
      for (i = 1; i <= rows; ++i) {
        row = name[i]
        printf "| %s (%d) | %.2f | %.2f – %.2f | %.2f | %.0f |\n", row, films[row], rate(row),
          low["rate", row], high["rate", row], median("seconds", row), median("memory", row)
        all = all (i == 1 ? "" : ",") sprintf("\n    {\"name\": \"%s\", \"films\": %d, \"images_per_second\": %s, " \
          "\"seconds\": %s, \"mebibytes\": %s}", row, films[row], figures("rate", row, 3),
          figures("seconds", row, 2), figures("memory", row, 0))
      }
      print "\n| stage | ms a film, one thread |\n|---|---|"
      while ((getline line < stages) > 0) {
        split(line, part, " ")
        printf "| %s | %.2f |\n", part[1], part[2]
        parts = parts (total == 0 ? "" : ", ") sprintf("\"%s\": %.2f", part[1], part[2])
        total += part[2]
      }
      print "\n| ratio to | |\n|---|---|"
      floor = cores * 1000 / total  # the stages alone, on all cores
      ratio("floor", rate("alike"), floor)
      ratio("floor, start apart", rate_apart("alike"), floor)
      ratio("one thread on each core, heat maps, start apart", rate_apart("alike, heat maps"),
        cores * rate_apart("alike, heat maps, 1 thread"))
      ratio("Python", rate("alike"), rate("Python, alike"))
      ratio("Python, batches of 8", rate("alike"), rate("Python, alike, batches of 8"))
      ratio("Python, heat maps", rate("alike, heat maps"), rate("Python, alike, heat maps"))
      ratio("Python, start apart", rate_apart("alike"), rate("Python, alike, start apart"))
      ratio("Python, batches of 8, start apart", rate_apart("alike"), rate("Python, alike, batches of 8, start apart"))
      ratio("Python, bfloat16", rate("alike, bfloat16"), rate("Python, alike"))
      ratio("Python, bfloat16, heat maps", rate("alike, bfloat16, heat maps"), rate("Python, alike, heat maps"))
      printf "{\n  \"machine\": \"%s\",\n  \"cores\": %d,\n  \"program\": \"%s\",\n  \"date\": \"%s\",\n" \
        "  \"rows\": [%s\n  ],\n  \"stage_milliseconds\": {%s},\n  \"floor_images_per_second\": %.3f,\n" \
        "  \"ratios\": {%s\n  }\n}\n", machine, cores, program, day, all, parts, floor, ratios >json
    }' "$runs"
}

machine=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
program="$("$bin/cxr-infer" --version | head -2 | paste -sd' ') $(git describe --always --dirty 2>/dev/null || true)"
make_films
: >"$runs"
for ((round = 1; round <= rounds; ++round)); do all_rows; done
table
has_opponent || echo "Python: skipped: $python has no PyTorch, OpenCV or Matplotlib"
has_bfloat16 || echo "bfloat16: skipped: the processor has none"
rm -rf "$folder"/{output,out,err,time}
