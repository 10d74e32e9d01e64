"""The business of royalties: frames in, frames out."""
