"""Published progressive GANs in TensorFlow, PyTorch and Keras files, as networks of this project."""
