using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace SkyDriver.Sidecar.PubSub.RabbitMq;

/// <summary>One connection to the server, opened when it is first needed and anew when it was lost.</summary>
/// <remarks>
/// The client's own recovery is off: it revives channels behind their owners' backs, where a lost confirm or a delivery of before
/// cannot be told from a live one. Here whoever owns a channel opens the next one, and knows what became void with the last.
/// </remarks>
internal sealed class RabbitMqLink : IAsyncDisposable
{
    /// <summary>The longest wait for any answer of the server.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly RabbitMqSettings _settings;
    private readonly ConnectionFactory _factory;
    private Task<IConnection>? _current;
    private bool _closed;

    /// <param name="purpose">Told to the server beside the client's name.</param>
    public RabbitMqLink(RabbitMqSettings settings, string purpose)
    {
        _settings = settings;
        _factory = new ConnectionFactory
        {
            Uri = settings.Address,
            ClientProvidedName = $"{settings.ClientName} ({purpose})",
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = settings.HeartBeat,
            RequestedConnectionTimeout = ConnectTimeout,
            HandshakeContinuationTimeout = ConnectTimeout,
            ContinuationTimeout = Patience,
        };
    }

    /// <summary>The open connection; callers that come while it is being opened share one attempt.</summary>
    /// <exception cref="BrokerUnavailableException">It cannot be opened.</exception>
    public Task<IConnection> GetAsync()
    {
        lock (_gate)
        {
            if (_closed) throw new BrokerUnavailableException("the connection to RabbitMQ has been closed with its component");
            if (_current is { IsCompleted: true } ended && !(ended.IsCompletedSuccessfully && ended.Result.IsOpen))
            {
                if (ended.IsCompletedSuccessfully) _ = EndAsync(ended.Result);
                _current = null;
            }

            return _current ??= Task.Run(ConnectAsync);
        }
    }

    /// <summary>Breaks the connection, so that the next user gets a new one.</summary>
    public Task AbandonAsync(IConnection connection)
    {
        lock (_gate)
        {
            if (_current is { IsCompletedSuccessfully: true } current && current.Result == connection) _current = null;
        }

        return EndAsync(connection);
    }

    public async ValueTask DisposeAsync()
    {
        Task<IConnection>? last;
        lock (_gate) (_closed, last, _current) = (true, _current, null);
        if (last is null) return;
        try
        {
            await EndAsync(await last);
        }
        catch (BrokerUnavailableException)
        {
            // There is nothing to close.
        }
    }

    /// <summary>Whether the server is there and refuses the user, which no repetition changes.</summary>
    public static bool IsRefusal(BrokerUnavailableException fault) =>
        fault.InnerException is AuthenticationFailureException or BrokerUnreachableException { InnerException: AuthenticationFailureException or PossibleAuthenticationFailureException };

    /// <summary>Says what a fault of the client library means for the user.</summary>
    public BrokerUnavailableException Explain(Exception fault) => fault switch
    {
        BrokerUnavailableException known => known,
        BrokerUnreachableException { InnerException: AuthenticationFailureException or PossibleAuthenticationFailureException } or AuthenticationFailureException =>
            new($"RabbitMQ at {_settings.Place} refuses the user; correct username and password, or the virtual host's permissions", fault),
        OperationInterruptedException { ShutdownReason.ReplyCode: 406 } told =>
            new($"RabbitMQ at {_settings.Place} has an exchange or queue of that name with other settings ({told.ShutdownReason.ReplyText}); give this component the same, or delete it at the server", fault),
        OperationInterruptedException { ShutdownReason.ReplyCode: 403 } told =>
            new($"RabbitMQ at {_settings.Place} does not allow that ({told.ShutdownReason.ReplyText}); grant the user configure, write and read permission", fault),
        TimeoutException => new($"RabbitMQ at {_settings.Place} has not answered for {Patience.TotalSeconds:0} s; see whether its memory or disk alarm is on, then publish again", fault),
        _ => new($"RabbitMQ at {_settings.Place} is away ({fault.GetBaseException().Message}); start it or correct the component's address, then publish again", fault),
    };

    private async Task<IConnection> ConnectAsync()
    {
        try
        {
            return await _factory.CreateConnectionAsync();
        }
        catch (Exception fault)
        {
            throw Explain(fault);
        }
    }

    private static async Task EndAsync(IConnection connection)
    {
        try
        {
            await connection.CloseAsync(Constants.ReplySuccess, "goodbye", ConnectTimeout, abort: true, CancellationToken.None);
            await connection.DisposeAsync();
        }
        catch (Exception fault) when (fault is RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            // It was gone already.
        }
    }
}
