#!/usr/bin/env python3
"""Writes a file's bytes as a C array: embed.py INPUT OUTPUT.c NAME"""
import sys

source, output, name = sys.argv[1:4]
data = open(source, "rb").read()
with open(output, "w") as out:
    out.write('#include "descriptors.h"\n\n')
    out.write(f"const unsigned char {name}[] = {{\n")
    for at in range(0, len(data), 16):
        out.write("    " + "".join(f"{b}," for b in data[at : at + 16]) + "\n")
    out.write(f"}};\nconst size_t {name}_size_bytes = sizeof {name};\n")
