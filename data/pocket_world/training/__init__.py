"""The model's training, one stage a module: pictures, CLIP, autoencoder, UNet."""
