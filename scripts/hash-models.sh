#!/usr/bin/env bash
# Writes models/manifest.json, against which each model is checked when it is loaded. Run it after
# changing a file in models/.
set -euo pipefail
cd "$(dirname "$0")/../models"

{
  before='{'
  for model in *.pt; do
    digest=$(sha256sum <"$model")
    printf '%s\n  "%s": {"sha256": "%s", "bytes": %s}' \
      "$before" "$model" "${digest%% *}" "$(stat --format=%s "$model")"
    before=','
  done
  printf '\n}\n'
} >manifest.json.new
mv manifest.json.new manifest.json
