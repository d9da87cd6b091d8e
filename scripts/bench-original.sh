#!/usr/bin/env bash
# Measures the original program, COVID-19_CXR_AI, as its author ran it: prints rows for the table of
# scripts/bench.sh.
#
#   scripts/bench-original.sh CHECKOUT [IMAGES [CONFIG]]
#
# CHECKOUT  of https://github.com/singhaxn/COVID-19_CXR_AI
# IMAGES    a folder of PNG and JPEG (default: the films of scripts/bench.sh that are alike)
# CONFIG    names the learners (.pkl) that it publishes, or others (default:
#           CHECKOUT/inference/model-config.json)
#
# Its libraries, of 2020, go to ~/.cache/cxr-infer/original (2 GB). They need Python 3.8: PYTHON=, or
# the one in PATH, or pyenv's. ROUNDS=1 for one run instead of three.
set -euo pipefail
repository=$(realpath "$(dirname "$0")/..")

checkout=$(realpath "${1:?usage: scripts/bench-original.sh CHECKOUT [IMAGES [CONFIG]]}")
images=$(realpath "${2:-$repository/build/bench/films-200-60/alike}")
config=$(realpath "${3:-$checkout/inference/model-config.json}")
environment=${HOME:-/root}/.cache/cxr-infer/original
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_python() {
  local python
  for python in "${PYTHON:-}" python3.8 "${HOME:-/root}"/.pyenv/versions/3.8.*/bin/python3.8; do
    if "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 8))' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  echo "bench-original: Python 3.8 is needed, and named by PYTHON=" >&2
  return 1
}

# fastai asks for more than is used here; what is used is named.
install() {
  local python
  "$environment/bin/python" -c 'import fastai, torch, cv2, pandas' 2>/dev/null && return
  python=$(find_python)
  "$python" -m venv --clear "$environment"
  "$environment/bin/pip" install --quiet --only-binary :all: torch==1.6.0 torchvision==0.7.0 \
    opencv-python-headless==4.4.0.42 matplotlib==3.3.2 pandas==1.1.2 scipy==1.5.2 scikit-learn==0.23.2 \
    Pillow==7.2.0 'numpy<1.20' requests pyyaml fastprogress==1.0.3 packaging
  "$environment/bin/pip" install --quiet --no-deps fastai==2.0.13 fastcore==1.0.13
}

# measure ROW OPTION...: prints the row, the median of the rounds with the lowest and the highest
measure() {
  local row=$1 count
  count=$(find "$images" -maxdepth 1 -type f | wc -l)
  for ((round = 1; round <= ${ROUNDS:-3}; ++round)); do
    echo "bench-original: round $round: $row" >&2
    if ! (cd "$checkout/inference" && MPLBACKEND=Agg /usr/bin/time -f '%e %M' -o "$work/time" \
      "$environment/bin/python" inference.py --config "$config" --xraypath "$images" "${@:2}") \
      >"$work/out" 2>&1; then
      cat "$work/out" >&2
      exit 1
    fi
    cat "$work/time"
  done | sort -n | awk -v row="$row" -v count="$count" '
    { seconds[NR] = $1; memory[NR] = $2 / 1024 }
    END {
      middle = int((NR + 1) / 2)
      if (NR > 0) printf "| %s (%d) | %.2f | %.2f – %.2f | %.2f | %.0f |\n", row, count,
        count / seconds[middle], count / seconds[NR], count / seconds[1], seconds[middle], memory[middle]
    }'
}

install
measure "original, alike"
measure "original, alike, heat maps" --heatmappath "$work/heat maps"
