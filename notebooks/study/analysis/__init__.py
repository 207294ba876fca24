"""What pages compute: a module a page, tables in and tables out, tested without a kernel."""
