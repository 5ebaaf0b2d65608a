using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SkyDriver.Grpc.Wire;

namespace SkyDriver.Grpc.Server;

/// <summary>The life of one call on the server: checks, deadline, messages in and out, and always a status.</summary>
internal sealed class ServerCallRunner<TRequest, TResponse> : IDisposable
    where TRequest : class, IMessage<TRequest>
    where TResponse : class, IMessage<TResponse>
{
    private readonly HttpContext _context;
    private readonly MessageParser<TRequest> _parser;
    private readonly int _maxMessageBytes;
    private readonly CancellationTokenSource _scope;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly FrameReader _reader;

    private ServerCallRunner(HttpContext context, MessageParser<TRequest> parser)
    {
        (_context, _parser) = (context, parser);
        GrpcServerOptions options = context.Features.Get<GrpcServerOptions>() ?? context.RequestServices.GetRequiredService<IOptions<GrpcServerOptions>>().Value;
        _maxMessageBytes = options.MaxMessageBytes;
        _reader = new FrameReader(context.Request.Body, _maxMessageBytes);
        _scope = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        DateTimeOffset? deadline = null;
        if (TimeoutText.TryParse(context.Request.Headers["grpc-timeout"], out var timeout) && timeout.TotalMilliseconds < int.MaxValue)
        {
            var clock = context.RequestServices.GetService<TimeProvider>() ?? TimeProvider.System;
            deadline = clock.GetUtcNow() + timeout;
            _scope.CancelAfter(timeout);
        }

        Call = new GrpcServerCall(context, _scope.Token, deadline);
    }

    public GrpcServerCall Call { get; }

    /// <summary>Runs a handler and answers its status, whatever it throws.</summary>
    public static async Task RunAsync(
        HttpContext context, MessageParser<TRequest> parser, Func<ServerCallRunner<TRequest, TResponse>, Task> handler)
    {
        if (!GrpcStatusAnswer.IsGrpc(context))
        {
            context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return;
        }

        LiftLimits(context);
        using var runner = new ServerCallRunner<TRequest, TResponse>(context, parser);
        context.Response.ContentType = "application/grpc";
        try
        {
            await handler(runner);
            await GrpcStatusAnswer.EndAsync(context, Status.DefaultSuccess, null);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            Log(context).LogDebug(e, "The client of {Method} is gone.", context.Request.Path);
        }
        catch (Exception e)
        {
            await runner.FailAsync(e);
        }
    }

    /// <summary>The only message of a unary or server-streaming request.</summary>
    public async ValueTask<TRequest> ReadOneAsync()
    {
        var request = await ReadAsync() ?? throw new RpcException(new Status(StatusCode.Internal, "The request holds no message."));
        if (await ReadAsync() is not null) throw new RpcException(new Status(StatusCode.Internal, "The request holds more than one message."));
        return request;
    }

    public async IAsyncEnumerable<TRequest> ReadAllAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        while (await ReadAsync() is { } message)
        {
            ct.ThrowIfCancellationRequested();
            yield return message;
        }
    }

    /// <summary>Sends the response headers before any message, so that the client knows the stream is open.</summary>
    public async ValueTask OpenAsync()
    {
        await _context.Response.StartAsync(_scope.Token);
        await _context.Response.BodyWriter.FlushAsync(_scope.Token);
    }

    /// <summary>Sends one message; callers on several threads take turns, slow readers hold them back.</summary>
    public async ValueTask WriteAsync(TResponse message)
    {
        await _writing.WaitAsync(_scope.Token);
        try
        {
            Frames.Write(_context.Response.BodyWriter, message, _maxMessageBytes);
            await _context.Response.BodyWriter.FlushAsync(_scope.Token);
            // A flush to a connection that is gone does not throw by itself.
            _scope.Token.ThrowIfCancellationRequested();
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        _scope.Dispose();
        _reader.Dispose();
    }

    private ValueTask<TRequest?> ReadAsync() => _reader.ReadAsync(_parser, _scope.Token);

    private Task FailAsync(Exception e)
    {
        switch (e)
        {
            case RpcException rpc:
                return GrpcStatusAnswer.EndAsync(_context, rpc.Status, rpc.RichStatus);
            case OperationCanceledException when _scope.IsCancellationRequested:
                return GrpcStatusAnswer.EndAsync(_context, new Status(StatusCode.DeadlineExceeded, "The deadline of the call passed."), null);
            case OperationCanceledException:
                // Something within gave up; what, is for the log, as with any other fault.
                Log(_context).LogWarning(e, "The handler of {Method} was cancelled from within.", _context.Request.Path);
                return GrpcStatusAnswer.EndAsync(_context, new Status(StatusCode.Cancelled, "The server cancelled the call."), null);
            default:
                Log(_context).LogError(e, "The handler of {Method} failed.", _context.Request.Path);
                return GrpcStatusAnswer.EndAsync(_context, new Status(StatusCode.Unknown, "The server failed; its log has the reason."), null);
        }
    }

    /// <summary>Messages have their own limit and streams may idle; Kestrel's body size and rate rules do not apply.</summary>
    private static void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    private static ILogger Log(HttpContext context) =>
        context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("SkyDriver.Grpc.Server");
}
