-- Nobody is counted both as killed and as shot and not killed.
select source_id, record_id from model.events where is_homicide and is_nonfatal_shooting
