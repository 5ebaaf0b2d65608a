namespace Dapr;

/// <summary>A call to Dapr that failed. The cause, a gRPC or HTTP fault, is the inner exception.</summary>
[Serializable]
public class DaprException : Exception
{
    public DaprException(string message) : base(message)
    {
    }

    public DaprException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
