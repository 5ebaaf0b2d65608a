using k8s.Models;

namespace k8s;

/// <summary>A status that came in the midst of a watch.</summary>
public class KubernetesException : Exception
{
    public KubernetesException()
    {
    }

    public KubernetesException(V1Status status)
        : this(status, null)
    {
    }

    public KubernetesException(V1Status status, Exception? innerException)
        : base(status?.Message, innerException) => Status = status;

    public KubernetesException(string message)
        : base(message)
    {
    }

    public KubernetesException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    public V1Status? Status { get; private set; }
}
