// The API's types for the panel's modules: what a request answers, by its method and path.

import type { paths } from "./openapi";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  body?: unknown;
  form?: FormData;
  key?: string;
  token?: string;
  signal?: AbortSignal;
}

/** Whether a segment of an address is that of a path: `{id}` is any. */
type Same<A, B> = B extends `{${string}}` ? true : A extends B ? true : false;

/** Whether an address is of a path. */
type Fits<P extends string, K extends string> = P extends `${infer A}/${infer PRest}`
  ? K extends `${infer B}/${infer KRest}` ? (Same<A, B> extends true ? Fits<PRest, KRest> : false) : false
  : K extends `${string}/${string}` ? false : Same<P, K>;

type Plain<P extends string> = P extends `${infer A}?${string}` ? A : P;
type PathOf<P extends string> = { [K in keyof paths & string]: Fits<Plain<P>, K> extends true ? K : never }[keyof paths & string];
type Body<R> = { [S in keyof R]: S extends 200 | 201 | 202 ? (R[S] extends { content: { "application/json": infer B } } ? B : never) : never }[keyof R];
type Operation<M extends Method, K> = K extends keyof paths ? (Lowercase<M> extends keyof paths[K] ? paths[K][Lowercase<M>] : never) : never;
type Data<O> = O extends { responses: infer R } ? (Body<R> extends { data?: infer D } ? D : any) : any;

/** `any` where the address is put together. */
export type Answer<M extends Method, P extends string> = string extends P ? { data: any; meta: any }
  : { data: [PathOf<P>] extends [never] ? any : Data<Operation<M, PathOf<P>>>; meta: any };
