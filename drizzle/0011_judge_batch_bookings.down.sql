DROP INDEX "judge_batch_items_spend_id_idx";
