module medassist/images/filebeat

go 1.25

require github.com/elastic/beats/v7 v7.0.0-alpha2.0.20251031181001-be9871f5dab9
