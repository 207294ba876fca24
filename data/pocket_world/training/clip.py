"""The text encoder and its picture tower (a CLIPModel), and the judge: the same objective, other shapes and seed.

Radford et al. 2021, arXiv:2103.00020; equal captions in a batch count as positives of each other, because a small
world repeats its captions.
"""

import torch
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel

from pocket_world.training.compiling import in_bfloat16
from pocket_world.training.dataset import Pictures, on
from pocket_world.training.files import final_states, load_checkpoint
from pocket_world.training.stages import StageRun
from pocket_world.training.tokenizer import LENGTH, encode, load_tokenizer, train_tokenizer

SHAPES = {
    "clip": {"text": (192, 4, 4), "vision": (256, 5, 4), "patch": 16, "projection": 128},  # width, layers, heads
    "judge": {"text": (128, 3, 4), "vision": (192, 5, 4), "patch": 8, "projection": 128},
    "tiny": {"text": (32, 1, 2), "vision": (32, 1, 2), "patch": 16, "projection": 16},
}
BATCH, RATE, DECAY = {"cpu": 128, "cuda": 1024}, 1e-3, 0.05


def clip_config(name, tokenizer):
    """The CLIPConfig of `name` for 64-pixel pictures and `tokenizer`."""
    shape = SHAPES[name]

    def tower(width, layers, heads):
        return {"hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": layers,
                "num_attention_heads": heads, "projection_dim": shape["projection"], "hidden_act": "gelu"}

    ids = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
           "pad_token_id": tokenizer.pad_token_id}
    text = tower(*shape["text"]) | {"vocab_size": len(tokenizer), "max_position_embeddings": LENGTH} | ids
    vision = tower(*shape["vision"]) | {"image_size": 64, "patch_size": shape["patch"]}
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=shape["projection"])


def augment(pictures, generator):
    """Flip half of the pictures (n, 3, H, W) and shift each by up to 2 pixels, edges repeated."""
    n, _, height, width = pictures.shape
    flip = torch.rand(n, generator=generator) < 0.5
    pictures = torch.where(flip[:, None, None, None].to(pictures.device), pictures.flip(3), pictures)
    padded = F.pad(pictures, (2, 2, 2, 2), mode="replicate")
    tops, lefts = torch.randint(0, 5, (2, n), generator=generator).to(pictures.device, non_blocking=True)
    rows = (tops[:, None] + torch.arange(height, device=tops.device))[:, :, None]  # (n, H, 1)
    columns = (lefts[:, None] + torch.arange(width, device=lefts.device))[:, None]  # (n, 1, W)
    which = torch.arange(n, device=tops.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[which, rows, columns].permute(0, 3, 1, 2)


def contrastive_loss(similarity, same):
    """Cross-entropy both ways against uniform targets over the equal captions.

    similarity (n, n): scaled cosine of picture i and caption j; same (n, n) bool: caption i equals caption j.
    Returns one value per example, (n,).
    """
    targets = same.float() / same.float().sum(1, keepdim=True)
    by_picture = -(targets * similarity.log_softmax(1)).sum(1)
    by_caption = -(targets * similarity.t().log_softmax(1)).sum(1)
    return (by_picture + by_caption) / 2


def train_clip(options, name="clip"):
    """Train `name` ("clip" or "judge") on the dataset; the tokenizer is made first, by the clip stage."""
    torch.set_num_threads(options.threads)
    pictures = Pictures(options.build, device=options.device)
    captions = pictures.captions()
    try:
        tokenizer = load_tokenizer(options.build / "tokenizer")
    except Exception:
        tokenizer = train_tokenizer(captions, options.build / "tokenizer")
    unique = {caption: number for number, caption in enumerate(dict.fromkeys(captions))}
    ids = encode(tokenizer, unique).to(options.device)  # (unique captions, LENGTH)
    rows = torch.tensor([unique[caption] for caption in captions]).to(options.device)

    torch.manual_seed(options.seed + (1000 if name == "judge" else 0))  # initial weights
    model = CLIPModel(clip_config("tiny" if options.tiny else name, tokenizer)).to(options.device)
    trained = [p for key, p in model.named_parameters()
               if not (options.freeze_text and key.startswith("text_model"))]
    matrices, others = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY}, {"params": others, "weight_decay": 0}],
                                  lr=RATE, betas=(0.9, 0.98), fused=True)
    # A frozen text tower has its own optimizer state; the full one stays in its own checkpoint part.
    part = "optimizer_frozen_text" if options.freeze_text else "optimizer"
    batch = options.batch or (16 if options.tiny else BATCH[options.device])
    run = StageRun(name, options, {"model": model, part: optimizer}, batch=batch, warmup=100, cooldown=0.25)
    run.resume()
    if options.freeze_text:
        model.text_model.load_state_dict(text_of_the_unet(options.build))
    model.requires_grad_(False)
    for parameter in trained:
        parameter.requires_grad_(True)
    if not options.tiny and options.device == "cpu":
        model.text_model.compile()
        model.vision_model.compile()

    for _ in run.steps():
        chosen = run.indices(len(pictures), batch)
        run.set_rate(optimizer, RATE)
        x = augment(pictures.batch(chosen, options.device), run.generator("augment"))
        caption_rows = rows[on(chosen, options.device)]
        with in_bfloat16(options.device):
            text = model.text_projection(model.text_model(ids[caption_rows]).pooler_output)
            image = model.visual_projection(model.vision_model(x).pooler_output)
        image, text = F.normalize(image.float(), dim=1), F.normalize(text.float(), dim=1)
        similarity = model.logit_scale.clamp(max=4.6052).exp() * image @ text.t()
        same = caption_rows[:, None] == caption_rows[None]
        loss = contrastive_loss(similarity, same).mean()
        run.descend(loss, optimizer)
        correct = same.gather(1, similarity.detach().argmax(0)[:, None]).float().mean()
        run.values.update(loss=loss.detach(), top1=correct)
    return run


def text_of_the_unet(build):
    """The state of the text encoder that the UNet's stage ended with: the picture tower then learns to meet it."""
    saved = load_checkpoint(build / "unet" / "last.pt", f"{build / 'unet'}: not trained; --freeze-text is for after it")
    return final_states(saved)[1]


def load_clip(build, name="clip", missing=None):
    """(CLIPModel, CLIPTokenizer) of the last checkpoint of stage `name`, in evaluation mode."""
    saved = load_checkpoint(build / name / "last.pt", missing or f"{build / name}: not trained; run 'python -m "
                            f"pocket_world train {name}' first")
    tokenizer = load_tokenizer(build / "tokenizer")
    tiny = saved["model"]["text_projection.weight"].shape[0] == SHAPES["tiny"]["projection"]
    model = CLIPModel(clip_config("tiny" if tiny else name, tokenizer))
    model.load_state_dict(saved["model"])
    return model.eval(), tokenizer
