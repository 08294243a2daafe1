"""Right and wrong predictions: how well a method's score tells them apart on ID images, without any OOD set."""
