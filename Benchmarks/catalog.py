"""A catalog in 4D's own style, of as many tables and fields as a measurement needs."""

import random


def write(path, tables, fields, seed=1):
    made = random.Random(seed)
    uuid = lambda: f"{made.getrandbits(128):032X}"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE base SYSTEM "http://www.4d.com/dtd/2007/base.dtd" >',
             f'<base name="Made" uuid="{uuid()}" collation_locale="en">', '\t<schema name="DEFAULT_SCHEMA"/>']
    for table in range(1, tables + 1):
        lines.append(f'\t<table name="Table_{table}" uuid="{uuid()}" id="{table}">')
        for field in range(1, fields + 1):
            lines.append(f'\t\t<field name="Field_{field}" uuid="{uuid()}" type="10" limiting_length="80" never_null="true" id="{field}">')
            lines.append('\t\t\t<field_extra multi_line="true"/>')
            lines.append("\t\t</field>")
        lines.append('\t\t<table_extra input_form="Input" output_form="Output"/>')
        lines.append("\t</table>")
    lines.append("</base>")
    text = "\n".join(lines)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return len(text)
