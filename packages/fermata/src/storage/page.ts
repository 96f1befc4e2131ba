import { FermataError } from "../errors.ts";

export interface PageRequest {
  /** Counts from 0. Default 0. */
  readonly page?: number;
  /** False for everything on one page. */
  readonly perPage?: number | false;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Of all pages together. */
  readonly total: number;
  readonly page: number;
  readonly perPage: number | false;
  readonly hasMore: boolean;
}

/** The rows that a page asks for; `limit` is absent when it asks for all. */
export interface Window {
  readonly page: number;
  readonly perPage: number | false;
  readonly offset: number;
  readonly limit?: number;
}

/** @throws FermataError `VALIDATION_FAILED` */
export function toWindow({ page = 0, perPage }: PageRequest, defaultPerPage: number): Window {
  const size = perPage ?? defaultPerPage;
  if (!Number.isSafeInteger(page) || page < 0) throw new FermataError("VALIDATION_FAILED", "page must be an integer from 0 on.");
  if (size === false) return { page: 0, perPage: false, offset: 0 };
  if (!Number.isSafeInteger(size) || size < 0)
    throw new FermataError("VALIDATION_FAILED", "perPage must be an integer from 0 on, or false.");
  return { page, perPage: size, offset: page * size, limit: size };
}

export function toPage<T>(items: readonly T[], total: number, { page, perPage, offset }: Window): Page<T> {
  return { items, total, page, perPage, hasMore: offset + items.length < total };
}

/** The part of a list that a page asks for. */
export function pageOf<T>(all: readonly T[], window: Window): Page<T> {
  const items = window.limit === undefined ? all : all.slice(window.offset, window.offset + window.limit);
  return toPage(items, all.length, window);
}
