-- Payments. The unique key makes a payment happen once, whichever replicas receive it.
-- ascii_bin: keys and references are compared byte by byte, so "A" and "a" differ.
CREATE TABLE IF NOT EXISTS payment (
  id               CHAR(32)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key  VARCHAR(128)    CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fingerprint      CHAR(64)        CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  patient_ref      VARCHAR(66)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  consultation_ref VARCHAR(66)     CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount           INT UNSIGNED    NOT NULL,
  currency         CHAR(3)         CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at       DATETIME(3)     NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY payment_idempotency_key (idempotency_key),
  CONSTRAINT payment_amount_positive CHECK (amount > 0)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4;
