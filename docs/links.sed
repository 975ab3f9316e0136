# Links to files of the repository: an example has a page in the site, other files are only named.
s,\[([^]]*)\]\((\.\./)?examples/([a-z_]+\.cpp)\),\\link \3 \1\\endlink,g
s,\[([^]]*)\]\((\.\./)?(examples|tests|benchmarks|README\.md|LICENSE)[^)]*\),\1,g
s,\[([^]]*)\]\((\.\./)?include/cloud_backend/([a-z_]+\.hpp)\),\\ref \3 "\1",g
