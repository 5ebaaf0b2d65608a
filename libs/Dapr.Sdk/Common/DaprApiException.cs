namespace Dapr;

/// <summary>An error that Dapr's HTTP API answered with a code of its own.</summary>
public class DaprApiException : DaprException
{
    public DaprApiException() : this(errorCode: null!, isTransient: false)
    {
    }

    public DaprApiException(string message) : this(message, errorCode: null!, isTransient: false)
    {
    }

    public DaprApiException(string message, Exception innerException) : this(message, innerException, errorCode: null!, isTransient: false)
    {
    }

    public DaprApiException(string errorCode, bool isTransient) : this("Dapr refused a call.", errorCode, isTransient)
    {
    }

    public DaprApiException(string message, string errorCode, bool isTransient) : base(message) =>
        (ErrorCode, IsTransient) = (errorCode, isTransient);

    public DaprApiException(string message, Exception inner, string errorCode, bool isTransient) : base(message, inner) =>
        (ErrorCode, IsTransient) = (errorCode, isTransient);

    /// <summary>For example <c>ERR_ACTOR_INSTANCE_MISSING</c>; null when the answer had none.</summary>
    public string ErrorCode { get; }

    /// <summary>True when the same call may work later.</summary>
    public bool IsTransient { get; }
}
