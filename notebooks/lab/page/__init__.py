"""Acts on the page that one reads: curl, the browser, exercises, a look at the machine."""
