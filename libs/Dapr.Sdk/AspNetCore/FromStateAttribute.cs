using Dapr;
using Dapr.AspNetCore;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Microsoft.AspNetCore.Mvc;

/// <summary>
/// Reads an argument of a controller action from a state store: the value, or a <see cref="StateEntry{TValue}"/>.
/// The key is the route value named like the argument, or as <see cref="Key"/> says. Needs <c>AddControllers().AddDapr()</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter, AllowMultiple = false, Inherited = true)]
public class FromStateAttribute : Attribute, IBindingSourceMetadata
{
    public FromStateAttribute(string storeName)
    {
        ArgumentException.ThrowIfNullOrEmpty(storeName);
        StoreName = storeName;
    }

    public FromStateAttribute(string storeName, string key) : this(storeName) => Key = key;

    public string StoreName { get; }

    /// <summary>Name of the route value that holds the key; null takes the argument's own name.</summary>
    public string? Key { get; }

    public BindingSource BindingSource => new FromStateSource(StoreName, Key);
}
