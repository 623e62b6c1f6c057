#!/usr/bin/env bash
# Makes tests/data/media: small drawn clips, and beside each the times at which ffprobe shows its frames.
# Made with ffmpeg 5.1.9 and its libx264; other versions give other bytes and the same times.
set -euo pipefail
cd "$(dirname "$0")/../data/media"
rm -f ./*

source_filter() { echo "testsrc2=size=$1:rate=$2:duration=$3"; }
make() { # NAME FILTER OPTIONS...
    local name=$1 filter=$2
    shift 2
    ffmpeg -v error -y -f lavfi -i "$filter" -pix_fmt yuv420p "$@" -fflags +bitexact -flags:v +bitexact "$name"
}
copy() { # FROM TO INPUT_OPTIONS -- OUTPUT_OPTIONS
    local from=$1 to=$2 input=()
    shift 2
    while [ "$1" != -- ]; do input+=("$1"); shift; done
    shift
    ffmpeg -v error -y "${input[@]}" -i "$from" -c copy "$@" -fflags +bitexact "$to"
}
h264=(-c:v libx264 -preset medium -crf 26)

make plain.mp4 "$(source_filter 96x64 25 1)" "${h264[@]}" -bf 0 -g 10
# sides that are no multiple of 16, pictures out of order, three sequences
make bframes.mp4 "$(source_filter 98x66 30000/1001 1)" "${h264[@]}" -bf 3 -g 12 -x264-params scenecut=0
make no-edit-list.mp4 "$(source_filter 96x64 25 0.6)" "${h264[@]}" -bf 2 -use_editlist 0
# the level is given since x264 would deduce it from the 90,000 ticks
make vfr.mp4 "$(source_filter 96x64 25 1),settb=1/90000,setpts='(N+0.4*sin(1.7*N)+3*gt(N\,12))/25/TB'" \
    "${h264[@]}" -level 3 -bf 2 -g 9 -fps_mode passthrough -enc_time_base 1:90000 -video_track_timescale 90000
make open-gop.mp4 "$(source_filter 96x64 25 1)" "${h264[@]}" -bf 3 -g 8 -x264-params open-gop=1:scenecut=0
make full-range-709.mp4 "$(source_filter 96x64 25 0.4),scale=out_color_matrix=bt709:out_range=pc" \
    "${h264[@]}" -color_range pc -colorspace bt709
make fragmented.mp4 "$(source_filter 96x64 25 1)" "${h264[@]}" -bf 2 -g 10 -movflags frag_keyframe+empty_moov+default_base_moof
make interlaced.mp4 "$(source_filter 96x64 25 0.4)" "${h264[@]}" -flags +ilme+ildct -x264-params tff=1
make ten-bit.mp4 "$(source_filter 96x64 25 0.4)" "${h264[@]}" -pix_fmt yuv420p10le
copy bframes.mp4 cut.mp4 -ss 0.55 --
copy plain.mp4 delayed.mp4 -itsoffset 0.5 --
# this version of ffmpeg writes the tag as degrees counterclockwise
copy plain.mp4 rotated-90.mp4 -- -metadata:s:v:0 rotate=270
copy plain.mp4 rotated-180.mp4 -- -metadata:s:v:0 rotate=180
copy plain.mp4 rotated-270.mov -- -metadata:s:v:0 rotate=90
copy vfr.mp4 vfr.mkv --
make mpeg4.avi "testsrc=size=97x65:rate=25:duration=1" -c:v mpeg4 -q:v 8 -bf 0
make vp8.webm "$(source_filter 96x64 25 0.6)" -c:v libvpx -b:v 200k
make stream.ts "$(source_filter 96x64 25 0.6)" -c:v mpeg2video -q:v 8
ffmpeg -v error -y -f lavfi -i "$(source_filter 64x48 10 1),setpts='(N+2*gt(N\,4))/10/TB'" -fps_mode passthrough animated.gif
ffmpeg -v error -y -f lavfi -i sine=duration=0.2 -c:a aac sound-only.mp4

for clip in *; do
    ffprobe -v error -select_streams v -show_entries frame=best_effort_timestamp_time -of csv=p=0 "$clip" |
        tr -d ',' | sed '/^$/d' >"$clip.times"
    [ -s "$clip.times" ] || rm "$clip.times"
done
