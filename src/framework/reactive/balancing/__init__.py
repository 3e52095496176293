"""One builder's work dealt to several workers."""
