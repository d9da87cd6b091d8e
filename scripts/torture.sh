#!/usr/bin/env bash
# Does to cxr-infer what crashes, users and disks do, and checks that nothing is lost, doubled or
# torn: every run is resumed to its end and compared with one that was left alone.
#
#   scripts/torture.sh [--short] [BUILD_FOLDER]
#
# Needs cxr-infer and make-samples in BUILD_FOLDER/bin (default: build). Disks need root and loop
# devices; they are skipped otherwise. Prints a table; exit status 1 if anything was lost.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

short=false
if [ "${1:-}" = --short ]; then
  short=true
  shift
fi
bin=$(realpath "${1:-build}")/bin
work=$(mktemp -d)
failures=0
mounts=()

cleanup() {
  for mount in ${mounts[@]+"${mounts[@]}"}; do umount -l "$mount" 2>/dev/null; done
  rm -rf "$work"
}
trap cleanup EXIT

# full N, in the short form M
times() { if $short; then echo "$2"; else echo "$1"; fi; }

images=$(times 60 24)
"$bin/make-samples" --tiny "$work/setup" "$images" || exit 1
config=$work/setup/config.json
films=$work/setup/images
kinds=("overlay" "panels,mask" "overlay,panels,mask,crop")

# arguments_for OUTPUT [OPTION ...]: of a run that is started or resumed
arguments_for() {
  local output=$1
  shift
  arguments=(--config "$config" -r "$films" --output "$output" --if-exists resume --batch-size 2
    --threads 2 --format csv --no-progress "$@")
}

# infer OUTPUT [OPTION ...]: runs to the end
infer() {
  arguments_for "$@"
  "$bin/cxr-infer" "${arguments[@]}" >"$work/out" 2>"$work/err"
}

# begin OUTPUT [OPTION ...]: the same in the background; its process is $run
begin() {
  arguments_for "$@"
  "$bin/cxr-infer" "${arguments[@]}" >"$work/out" 2>"$work/err" &
  run=$!
}

# end: waits for the run; its status is $status
end() {
  wait "$run" 2>/dev/null
  status=$?
}

lines() { if [ -f "$1" ]; then grep -c '' "$1"; else echo 0; fi; }
names() { grep -o '^{"image":"[^"]*"' "$1/results.jsonl" 2>/dev/null | sort; }
# rows OUTPUT [COLUMN]: of results.csv without the milliseconds, up to the column
rows() {
  awk -F, -v last="${2:-}" '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i }
    "Milliseconds" in column { $column["Milliseconds"] = "" }
    last in column { NF = column[last] }
    { print }' "$1/results.csv" | sort
}

# until_lines OUTPUT COUNT: waits until the journal of the run has so many lines
until_lines() {
  while kill -0 "$run" 2>/dev/null && [ "$(lines "$1/results.jsonl")" -lt "$2" ]; do sleep 0.005; done
  kill -0 "$run" 2>/dev/null
}

# check OUTPUT KIND: prints what differs from the run that was left alone
check() {
  local output=$1 reference=$work/reference-$2
  cmp -s <(rows "$output") <(rows "$reference") || echo "rows differ"
  [ "$(names "$output" | uniq -d | wc -l)" = 0 ] || echo "images are there twice"
  [ "$(names "$output" | wc -l)" = "$images" ] || echo "images are missing"
  # A thumbnail may be there twice: it is on the disk before the result is.
  [ "$(grep -o '^{"image":"[^"]*"' "$output/report-images.jsonl" | sort -u | wc -l)" = "$images" ] ||
    echo "thumbnails are missing"
  grep -q '"state": "finished"' "$output/run.json" || echo "not finished"
  for folder in heatmaps panels masks crops; do
    [ -d "$reference/$folder" ] || continue
    diff -rq "$reference/$folder" "$output/$folder" | head -3
  done
  find "$output" -name '.cxr-*' | head -3
}

# whole OUTPUT KIND: prints pictures that the journal promises and that are not as they should be
whole() {
  local output=$1 reference=$work/reference-$2
  grep -o '"[a-z]*/[^"]*\.png"' <(grep -o '"pictures":{[^}]*}' "$output/results.jsonl" 2>/dev/null) |
    tr -d '"' | while read -r picture; do
    cmp -s "$output/$picture" "$reference/$picture" || echo "$picture"
  done
}

# report WHAT EVENTS PROBLEMS
report() {
  local verdict=ok
  if [ -n "$3" ]; then
    verdict=LOST
    failures=$((failures + 1))
  fi
  printf '%-44s %7s  %s\n' "$1" "$2" "$verdict"
  if [ -n "$3" ]; then printf '%s\n' "$3" | head -5 | sed 's/^/    /'; fi
}

# finish OUTPUT KIND: resumes to the end and prints what is wrong
finish() {
  infer "$1" --save "$2" || echo "resumed with status $?: $(tail -1 "$work/err")"
  check "$1" "$2"
}

kills() {
  local wanted=$1 signal=$2 kills=0 round=0 problems="" output kind before
  while [ "$kills" -lt "$wanted" ]; do
    output=$work/kills-$round
    kind=${kinds[$((round % ${#kinds[@]}))]}
    for _ in 1 2 3 4 5 6 7 8; do
      [ "$kills" -lt "$wanted" ] || break
      begin "$output" --save "$kind"
      before=$(lines "$output/results.jsonl")
      names "$output" >"$work/before"
      # Half of the kills are placed by the journal, half by the clock.
      if [ $((RANDOM % 2)) = 0 ]; then
        until_lines "$output" $((before + RANDOM % 9)) || { end; break; }
      else
        sleep "0.$(printf '%03d' $((RANDOM % 900)))"
      fi
      kill "-$signal" "$run" 2>/dev/null && kills=$((kills + 1))
      end
      problems+=$(comm -23 "$work/before" <(names "$output") | sed 's/$/ was lost/')
      [ "$signal" = KILL ] || [ "$status" -lt 126 ] || [ "$status" = $((128 + $(kill -l "$signal"))) ] ||
        problems+="status $status"
    done
    problems+=$(finish "$output" "$kind")
    rm -rf "$output"
    round=$((round + 1))
  done
  report "kill -$signal" "$kills" "$problems"
}

stops() {
  local output=$work/stops problems=""
  for _ in $(seq "$1"); do
    begin "$output" --save overlay
    until_lines "$output" $(($(lines "$output/results.jsonl") + 2))
    kill -STOP "$run" 2>/dev/null
    sleep 0.3
    kill -CONT "$run" 2>/dev/null
    end
    [ "$status" = 0 ] || problems+="status $status"
    problems+=$(check "$output" overlay)
    rm -rf "$output"
  done
  report "stop and continue" "$1" "$problems"
}

two_writers() {
  local output=$work/writers problems="" shell
  for _ in $(seq "$1"); do
    for _ in 1 2 3; do (infer "$output" --save overlay) & done
    for shell in $(jobs -p); do
      wait "$shell"
      status=$?
      [ "$status" = 0 ] || [ "$status" = 2 ] || problems+="status $status"
    done
    problems+=$(finish "$output" overlay)
    rm -rf "$output"
  done
  report "three writers at once" "$1" "$problems"
}

changing_inputs() {
  local output=$work/changing problems="" original=$films
  for round in $(seq "$1"); do
    cp -r "$original" "$work/inputs"
    films=$work/inputs
    begin "$output" --save overlay
    until_lines "$output" 2
    find "$films" -name '*.png' | sort -R | head -6 >"$work/chosen"
    head -3 "$work/chosen" | xargs rm -f
    tail -3 "$work/chosen" | while read -r film; do head -c 700 "$original/${film#"$films"/}" >"$film"; done
    end
    [ "$status" = 4 ] || [ "$status" = 0 ] || problems+="status $status"
    [ "$(names "$output" | wc -l)" = "$images" ] || problems+="round $round: rows are missing"
    cp -r "$original/." "$films"
    infer "$output" --save overlay || problems+="status $?"
    cmp -s <(rows "$output" Note) <(rows "$work/reference-overlay" Note) ||
      problems+="rows differ"
    rm -rf "$output" "$work/inputs"
  done
  films=$original
  report "inputs that vanish and change" "$1" "$problems"
}

descriptors() {
  local output=$work/descriptors problems="" tries=0
  for limit in 12 16 20 24; do
    (ulimit -n "$limit" && infer "$output" --save overlay)
    tries=$((tries + 1))
    problems+=$(whole "$output" overlay)
  done
  problems+=$(finish "$output" overlay)
  rm -rf "$output"
  report "12 to 24 file descriptors" "$tries" "$problems"
}

locales() {
  local output=$work/locales problems="" tries=0
  for locale in C C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 xx_XX; do
    # bash itself complains of a locale that is not there
    { LC_ALL=$locale infer "$output" --save overlay; } 2>/dev/null || problems+="$locale: status $?"
    problems+=$(check "$output" overlay)
    tries=$((tries + 1))
    rm -rf "$output"
  done
  report "locales" "$tries" "$problems"
}

# ---- Disks

# disk TYPE MEBIBYTES: mounts a new file system at $work/disk, backed by $work/disk.img
disk() {
  mkdir -p "$work/disk"
  rm -f "$work/disk.img"
  truncate -s "$2M" "$work/disk.img"
  "mkfs.$1" -q "$work/disk.img" && mount -o loop "$work/disk.img" "$work/disk" &&
    mounts+=("$work/disk")
}

full_disk() {
  local problems="" output=$work/disk/output events=0 kind=overlay,panels,mask,crop needed free
  needed=$(du -sk "$work/reference-$kind" | cut -f1)
  for _ in $(seq "$1"); do
    disk ext4 $((needed / 512 + 16)) || return
    # df leaves out the blocks that only root may fill, and this is root.
    free=$(($(stat --file-system --format='%f * %S / 1024' "$work/disk")))
    fallocate -l $((free - needed * (10 + RANDOM % 80) / 100))K "$work/disk/ballast"
    infer "$output" --save "$kind"
    status=$?
    [ "$status" = 1 ] && grep -q 'No space left' "$work/err" && events=$((events + 1))
    problems+=$(whole "$output" "$kind")
    rm "$work/disk/ballast"
    problems+=$(finish "$output" "$kind")
    umount "$work/disk"
  done
  [ "$events" -gt 0 ] || problems+="the disk was never full"
  report "full disk (ext4)" "$events" "$problems"
}

read_only() {
  local problems="" output=$work/disk/output events=0
  for _ in $(seq "$1"); do
    disk ext4 64 || return
    begin "$output" --save overlay
    until_lines "$output" $((2 + RANDOM % 10))
    # Files are open, so that only an error of the file system makes it read-only.
    if mount -o remount,abort "$work/disk" 2>/dev/null; then events=$((events + 1)); fi
    end
    umount "$work/disk"
    mount -o loop "$work/disk.img" "$work/disk"
    problems+=$(whole "$output" overlay)
    problems+=$(finish "$output" overlay)
    umount "$work/disk"
  done
  report "disk becomes read-only (ext4)" "$events" "$problems"
}

# The disk as it was at one moment is what a power cut leaves of it.
power_cuts() {
  local problems="" output=$work/disk/output events=0 kind=overlay,mask
  while [ "$events" -lt "$2" ]; do
    disk "$1" "$3" || return
    begin "$output" --save "$kind"
    until_lines "$output" $((1 + RANDOM % (images - 4)))
    sleep "0.0$((RANDOM % 90))"
    kill -STOP "$run" 2>/dev/null
    cp --sparse=always "$work/disk.img" "$work/cut.img"
    kill -KILL "$run" 2>/dev/null
    end
    umount "$work/disk"
    events=$((events + 1))
    mv "$work/cut.img" "$work/disk.img"
    if ! mount -o loop "$work/disk.img" "$work/disk"; then
      problems+="cannot be mounted again"
      continue
    fi
    problems+=$(whole "$output" "$kind")
    problems+=$(finish "$output" "$kind")
    umount "$work/disk"
  done
  report "power cut ($1)" "$events" "$problems"
}

for kind in "${kinds[@]}" overlay,mask; do
  infer "$work/reference-$kind" --save "$kind" || {
    cat "$work/err"
    exit 1
  }
done

printf '%-44s %7s  %s\n' "what was done to it" "times" "result"
kills "$(times 200 8)" KILL
for signal in TERM INT HUP; do kills "$(times 20 2)" "$signal"; done
kills "$(times 10 1)" PIPE
stops "$(times 5 1)"
two_writers "$(times 10 1)"
changing_inputs "$(times 10 1)"
descriptors
locales
if disk ext4 8 2>/dev/null; then
  umount "$work/disk"
  full_disk "$(times 10 1)"
  read_only "$(times 10 1)"
  power_cuts ext4 "$(times 40 3)" 48
  if command -v mkfs.xfs >/dev/null; then power_cuts xfs "$(times 20 1)" 320; fi
else
  echo "disks: skipped; they need root and loop devices"
fi
[ "$failures" = 0 ]
