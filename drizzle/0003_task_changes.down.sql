DROP TRIGGER tasks_changed ON tasks;
--> statement-breakpoint
DROP TRIGGER tasks_created ON tasks;
--> statement-breakpoint
DROP FUNCTION record_task_change();
--> statement-breakpoint
DROP INDEX tasks_priority_desc_idx;
--> statement-breakpoint
DROP INDEX tasks_priority_asc_idx;
--> statement-breakpoint
DROP INDEX tasks_due_date_desc_idx;
--> statement-breakpoint
DROP INDEX tasks_due_date_asc_idx;
--> statement-breakpoint
DROP INDEX tasks_id_idx;
--> statement-breakpoint
DROP INDEX tasks_deleted_at_idx;
--> statement-breakpoint
DROP INDEX tasks_seq_idx;
--> statement-breakpoint
DROP INDEX tasks_words_idx;
--> statement-breakpoint
ALTER TABLE tasks DROP COLUMN words;
--> statement-breakpoint
ALTER TABLE tasks DROP COLUMN seq;
--> statement-breakpoint
DROP FUNCTION task_words(text, text);
--> statement-breakpoint
DROP TABLE task_tombstones;
--> statement-breakpoint
DROP TABLE task_feeds;
--> statement-breakpoint
CREATE INDEX "tasks_due_date_asc_idx" ON "tasks" USING btree ("user_id","due_date","id") WHERE "tasks"."deleted_at" is null;
--> statement-breakpoint
CREATE INDEX "tasks_due_date_desc_idx" ON "tasks" USING btree ("user_id","due_date" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE "tasks"."deleted_at" is null;
--> statement-breakpoint
CREATE INDEX "tasks_priority_asc_idx" ON "tasks" USING btree ("user_id","priority","id") WHERE "tasks"."deleted_at" is null;
--> statement-breakpoint
CREATE INDEX "tasks_priority_desc_idx" ON "tasks" USING btree ("user_id","priority" DESC NULLS LAST,"id" DESC NULLS LAST) WHERE "tasks"."deleted_at" is null;
--> statement-breakpoint
CREATE FUNCTION touch_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  NEW.updated_at := greatest(now(), OLD.updated_at);
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER tasks_touch BEFORE UPDATE ON tasks
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION touch_version();
