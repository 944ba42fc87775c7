"""Files that people hand in: taken in bounded, judged by content, handed out as harmless attachments.

Belongs here: what every upload shares, whatever it is for. Does not belong here: whose file it is and who may see it
(`app_api.verifications`, `app_api.chart_documents`).
"""
