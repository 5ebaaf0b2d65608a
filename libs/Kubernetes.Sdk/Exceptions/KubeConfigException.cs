namespace k8s.Exceptions;

/// <summary>How to reach the cluster cannot be told from what is there.</summary>
public class KubeConfigException : Exception
{
    public KubeConfigException()
    {
    }

    public KubeConfigException(string message)
        : base(message)
    {
    }

    public KubeConfigException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
