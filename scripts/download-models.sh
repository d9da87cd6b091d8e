#!/usr/bin/env bash
# Downloads an archive of models and unpacks it: scripts/download-models.sh URL SHA256 [FOLDER]
#
# FOLDER is models/ if not given. The archive is .tar, .tar.gz, .tar.xz, .tar.zst or .zip. An
# interrupted download is continued by the next call. Nothing is unpacked unless the SHA-256 of the
# archive is the given one, all its members are plain files or folders, and none would leave the
# folder or replace a file.
set -euo pipefail

fail() {
  echo "download-models: $*" >&2
  exit 1
}

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
url=$1
sha256=${2,,}
folder=${3:-$(dirname "$0")/../models}
[[ $sha256 =~ ^[0-9a-f]{64}$ ]] || { echo "download-models: SHA256 must be 64 hexadecimal digits" >&2; exit 2; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
archive=$folder/.$sha256.part
unpacked=$folder/.$sha256.unpacked

has_sum() { [ -f "$archive" ] && echo "$sha256  $archive" | sha256sum --check --status; }

if ! has_sum; then
  curl --fail --location --show-error --silent --continue-at - --output "$archive" -- "$url" ||
    fail "$url: cannot be downloaded; call again to continue"
  if ! has_sum; then
    rm -f "$archive"
    fail "$url: its SHA-256 is not $sha256; the download was removed"
  fi
fi

# One line a member: its type (- plain file, d folder), then its name.
members() {
  case ${url%%\?*} in
    *.zip) zipinfo -1 "$archive" | sed 's/^/- /' ;;  # links are found once it is unpacked
    *) tar --list --file "$archive" --verbose --quoting-style=literal --numeric-owner --full-time |
         sed 's/^\(.\)[^ ]* *[^ ]* *[^ ]* *[^ ]* *[^ ]* /\1 /' ;;
  esac
}

refuse() {
  rm -f "$archive"
  fail "$url: $*; nothing was unpacked"
}

# Unpack where nothing is, so that a bad member does no harm.
rm -rf "$unpacked"
mkdir "$unpacked"
trap 'rm -rf "$unpacked"' EXIT
while IFS= read -r line; do
  name=${line:2}
  case ${line:0:1} in
    - | d) ;;
    *) refuse "'$name' is neither a file nor a folder" ;;
  esac
  case /$name/ in
    //* | */../*) refuse "'$name' would leave the folder" ;;
  esac
done < <(members)
case ${url%%\?*} in
  *.zip) unzip -q "$archive" -d "$unpacked" ;;
  *) tar --extract --file "$archive" --directory "$unpacked" --no-same-owner --no-same-permissions ;;
esac
[ -z "$(find "$unpacked" ! -type f ! -type d -print -quit)" ] ||
  refuse "contains links"

(cd "$unpacked" && find . -type f -print0) | while IFS= read -r -d '' file; do
  [ ! -e "$folder/$file" ] || cmp --silent "$unpacked/$file" "$folder/$file" || fail "$folder/${file#./} exists already; nothing was replaced"
done
(cd "$unpacked" && find . -type f -print0) | while IFS= read -r -d '' file; do
  mkdir -p "$(dirname "$folder/$file")"
  mv "$unpacked/$file" "$folder/$file"
  echo "$folder/${file#./}"
done
rm -f "$archive"
