"""The tabs of the page: what stands where, and which handler answers. No page knows another."""
