namespace Dapr.Actors;

/// <summary>An actor method that threw, seen from the caller.</summary>
public class ActorMethodInvocationException : DaprApiException
{
    public ActorMethodInvocationException(string message, Exception innerException, bool isTransient)
        : base(message, innerException, errorCode: null!, isTransient)
    {
    }

    internal ActorMethodInvocationException(DaprApiException cause) : base(cause.Message, cause, cause.ErrorCode, cause.IsTransient)
    {
    }
}
