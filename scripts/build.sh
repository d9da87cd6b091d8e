#!/usr/bin/env bash
# Builds into a folder: scripts/build.sh FOLDER [CMAKE_OPTION ...]
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$1
shift
cmake -S . -B "$folder" -G Ninja "$@" >/dev/null
cmake --build "$folder"
