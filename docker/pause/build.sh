#!/bin/sh
# Compiles pause.c for both architectures and writes src/runtime/docker/pause-programs.ts.
# Needs gcc and gcc-aarch64-linux-gnu (on Debian, amd64). Run it after a change of pause.c, and raise the tag in pause.ts.
set -eu
cd "$(dirname "$0")"
target=../../src/runtime/docker/pause-programs.ts
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program() {
  "$1gcc" -Os -static -nostdlib -nostartfiles -fno-pie -no-pie -fno-asynchronous-unwind-tables -fno-stack-protector \
    -Wl,--build-id=none,-z,noseparate-code,-z,norelro,-z,max-page-size=$2 -s -o "$work/pause" pause.c
  "$1strip" -R .comment -R .note.gnu.property "$work/pause"
  base64 -w0 "$work/pause"
}

{
  echo "// Made by docker/pause/build.sh from docker/pause/pause.c."
  echo
  echo "/** The pause program for each architecture, by the engine's name for it: an ELF file in base64. */"
  echo "export const pausePrograms: Readonly<Record<string, string>> = {"
  echo "  x86_64:"
  echo "    '$(program x86_64-linux-gnu- 4096)',"
  echo "  aarch64:"
  echo "    '$(program aarch64-linux-gnu- 65536)',"
  echo "};"
} > "$work/programs.ts"
mv "$work/programs.ts" "$target"
