"""Two or three who want the same at once, in every order of their sends that can matter."""
