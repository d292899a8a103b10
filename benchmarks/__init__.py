"""minitorch's speed beside PyTorch's, MyGrad's and HIPS autograd's, on the same work."""
