#!/usr/bin/env bash
# The training on one CUDA device with many cores, from the folder `data`; what comes of it lies in $OUT.
#   on_gpu.sh first   pictures, CLIP, judge, autoencoder, and the denoiser's beginning (six minutes on an H200)
#   on_gpu.sh last    decoder, oracle, and the denoiser to its end (six minutes); again to train it longer
#   on_gpu.sh more    the denoiser and its text encoder alone, on from the weights of data/models (UNET minutes)
# Stages that leave the device idle run beside each other; the pictures are drawn meanwhile.
set -uo pipefail
export PYTHONPATH=.:..${PYTHONPATH:+:$PYTHONPATH} PYTHONUNBUFFERED=1 OMP_NUM_THREADS=4 TOKENIZERS_PARALLELISM=false
PYTHON=${PYTHON:-python3} BUILD=${BUILD:-../build/pocket} OUT=${OUT:-../build/out} PICTURES=${PICTURES:-400000}
began=$(date +%s)
say() { echo "== $(($(date +%s) - began)) s: $*"; }
train() { say "begin $*"; "$PYTHON" -m pocket_world train "$@" --device cuda --build "$BUILD" > "$OUT/log_$1_$stage.txt" 2>&1
          local rc=$?; say "end ($rc) $*"; tr '\r' '\n' < "$OUT/log_$1_$stage.txt" | tail -n 4; return $rc; }
draw() { "$PYTHON" -c "
from pocket_world.training.dataset import draw_split
from pocket_world.training.stages import Options
import pathlib, sys
draw_split(Options(threads=15, build=pathlib.Path('$BUILD')), sys.argv[1], int(sys.argv[2]))" "$@" 2>&1 | tr '\r' '\n' | tail -n 1; }
stage=${1:?first, last or more}
mkdir -p "$OUT" "$BUILD"
if [ "$stage" = first ]; then
  [ -e "$BUILD/vae/last.pt" ] || "$PYTHON" -m pocket_world adopt --models models/in_training --build "$BUILD"
  (draw validation 4000; draw train 120000; say "120,000 pictures"; draw oracle 360000; draw train "$PICTURES"; say "all pictures") &
  drawing=$!
  # While the device is idle: every stage once with tiny networks, and the denoiser compiled for its cache.
  cat > "$BUILD/smoke.py" <<'P'
import pathlib, sys, time
from dataclasses import replace
from pocket_world.__main__ import train_stage
from pocket_world.training.stages import Options
if __name__ == "__main__":
    tiny = Options(samples=192, threads=2, device=sys.argv[1], tiny=True, build=pathlib.Path(sys.argv[2]))
    began = time.time()
    train_stage("dataset", tiny)
    for name, count in dict(clip=960, vae=400, unet=400, judge=320, oracle=320).items():
        train_stage(name, replace(tiny, samples=count))
    train_stage("unet", replace(tiny, samples=100))
    train_stage("vae", replace(tiny, samples=2000, freeze_encoder=True))
    train_stage("clip", replace(tiny, samples=160, freeze_text=True))
    print(f"every stage ran, {time.time() - began:.0f} s")
P
  "$PYTHON" "$BUILD/smoke.py" cuda "$BUILD/smoke" || exit 1
  say "every stage runs"
  TORCHINDUCTOR_CACHE_DIR=$BUILD/inductor "$PYTHON" - <<'P' &
import time, torch
from pocket_world.training.compiling import compile_parts
from pocket_world.training.unet import new_unet
from pocket_world.training.vae import LATENT_CHANNELS
began = time.time()
unet = new_unet(192).to("cuda")
compile_parts(unet)
for _ in range(8):
    if _ == 3:
        torch.cuda.synchronize(); began = time.time()
    with torch.autocast("cuda", torch.bfloat16):
        out = unet(torch.randn(256, LATENT_CHANNELS, 8, 8, device="cuda"), torch.randint(0, 1000, (256,), device="cuda"),
                   torch.randn(256, 24, 192, device="cuda").requires_grad_()).sample
    out.float().square().mean().backward()
torch.cuda.synchronize()
print(f"compiled; {5 * 256 / (time.time() - began):.0f} pictures/s forward and backward")
P
  compiling=$!
  until [ -e "$BUILD/data/train_0059.npy" ]; do sleep 0.5; done
  (train vae --minutes "${VAE:-1.2}" --batch 256 --checkpoint-seconds 600) & vae=$!
  train clip --minutes "${CLIP:-0.9}" --checkpoint-seconds 600 || exit 1
  (train judge --minutes "${CLIP:-0.9}" --checkpoint-seconds 600) & judge=$!
  wait $vae || exit 1
  wait $drawing $compiling
  train unet --minutes "${UNET:-1}" --cooldown 0 --checkpoint-seconds 600 || exit 1
  wait $judge
  cp "$BUILD"/unet/sheet_*.png "$OUT/"
  "$PYTHON" -m pocket_world export --build "$BUILD" --models "$BUILD/exported" && tar -C "$BUILD/exported" -cf "$OUT/judge.tar" pocket_judge
elif [ "$stage" = more ]; then
  [ -e "$BUILD/unet/last.pt" ] || "$PYTHON" -m pocket_world adopt --build "$BUILD"
  (draw validation 4000; draw names "$PICTURES"; say "all pictures")
  train unet --split names --minutes "${UNET:-8}" --cooldown 0.3 --checkpoint-seconds 120 || exit 1
  train clip --freeze-text --minutes "${FROZEN:-0.4}" --checkpoint-seconds 600
  cp "$BUILD"/unet/sheet_*.png "$OUT/"
  "$PYTHON" -m pocket_world export --build "$BUILD" --models "$BUILD/exported"
  tar -C "$BUILD/exported" -cf - pocket pocket_clip | split -b 15000000 - "$OUT/models.tar."
else
  (train vae --freeze-encoder --batch 128 --minutes "${DECODER:-0.8}" --checkpoint-seconds 600 &&
   train oracle --minutes "${ORACLE:-1.2}" --checkpoint-seconds 600) & others=$!
  train unet --minutes "${UNET:-5}" --cooldown 0.35 --checkpoint-seconds 100 || exit 1
  wait $others
  train clip --freeze-text --minutes "${FROZEN:-0.4}" --checkpoint-seconds 600
  cp "$BUILD"/unet/sheet_*.png "$OUT/"
  "$PYTHON" -m pocket_world export --build "$BUILD" --models "$BUILD/exported"
  tar -C "$BUILD/exported" -cf - pocket pocket_clip pocket_oracle | split -b 15000000 - "$OUT/models.tar."
fi
say done
ls -la "$OUT"
