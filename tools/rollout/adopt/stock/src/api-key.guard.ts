import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { Request } from 'express';

/** Anybody may read; who writes needs the key. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const key = process.env.API_KEY;
    if (request.method === 'GET' || (key !== undefined && request.get('X-Api-Key') === key)) {
      return true;
    }
    throw new UnauthorizedException('Send your key as X-Api-Key.');
  }
}
