/** A GraphQL API, a hybrid microservice over TCP and a WebSocket gateway in one application, each of which throws. */
import { Controller, Get, Module, NotFoundException } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { MessagePattern, RpcException, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { defineApp } from '#ebb';

@Resolver()
class OrdersResolver {
  @Query(() => String)
  order(): string {
    return 'an order';
  }

  @Query(() => String)
  missing(): string {
    throw new NotFoundException('no such order');
  }

  @Mutation(() => String)
  broken(): string {
    throw new Error('the ledger is locked');
  }
}

@Controller()
class OrdersController {
  @MessagePattern('order')
  order(): string {
    return 'an order';
  }

  @MessagePattern('missing')
  missing(): string {
    throw new RpcException('no such order');
  }

  @MessagePattern('broken')
  broken(): string {
    throw new Error('the ledger is locked');
  }

  @Get('missing')
  missingOverHttp(): string {
    throw new NotFoundException('no such order');
  }
}

@WebSocketGateway({ path: '/ws' })
class OrdersGateway {
  @SubscribeMessage('missing')
  missing(): string {
    throw new WsException('no such order');
  }
}

@Module({
  imports: [
    GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true, path: '/graphql' }),
  ],
  controllers: [OrdersController],
  providers: [OrdersResolver, OrdersGateway],
})
class OrdersModule {}

export default defineApp({
  imports: [OrdersModule],
  async setup(app) {
    app.useWebSocketAdapter(new WsAdapter(app));
    app.connectMicroservice(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port: Number(process.argv[3]) } },
      { inheritAppConfig: true },
    );
    await app.startAllMicroservices();
  },
});
