-- Society is not a person harmed.
select source_id, record_id from model.victims where victim_type_code = 'society'
