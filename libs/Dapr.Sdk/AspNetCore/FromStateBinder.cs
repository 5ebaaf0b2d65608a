using Dapr.Client;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.AspNetCore;

/// <summary>Carries the store's name from the attribute to the binder.</summary>
internal sealed class FromStateSource(string storeName, string? key)
    : BindingSource("state", "Dapr state store", isGreedy: true, isFromRequest: false)
{
    public string StoreName => storeName;

    public string? Key => key;
}

internal sealed class FromStateBinderProvider : IModelBinderProvider
{
    public IModelBinder? GetBinder(ModelBinderProviderContext context)
    {
        if (context.BindingInfo.BindingSource is not FromStateSource source) return null;
        var type = context.Metadata.ModelType;
        bool entry = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(StateEntry<>);
        var binder = entry ? typeof(StateEntryBinder<>).MakeGenericType(type.GetGenericArguments()) : typeof(StateValueBinder<>).MakeGenericType(type);
        return (IModelBinder)Activator.CreateInstance(binder, source)!;
    }
}

internal abstract class FromStateBinder(FromStateSource source) : IModelBinder
{
    public async Task BindModelAsync(ModelBindingContext bindingContext)
    {
        string name = source.Key ?? bindingContext.FieldName;
        if (bindingContext.HttpContext.Request.RouteValues[name]?.ToString() is not { Length: > 0 } key)
        {
            bindingContext.ModelState.TryAddModelError(bindingContext.ModelName, $"The route has no value '{name}' to use as the key.");
            bindingContext.Result = ModelBindingResult.Failed();
            return;
        }

        var dapr = bindingContext.HttpContext.RequestServices.GetRequiredService<DaprClient>();
        object? model = await ReadAsync(dapr, source.StoreName, key, bindingContext.HttpContext.RequestAborted);
        if (model is null)
        {
            bindingContext.Result = ModelBindingResult.Failed();
            return;
        }

        bindingContext.Result = ModelBindingResult.Success(model);
        // What is stored has been judged when it was stored.
        bindingContext.ValidationState.Add(model, new ValidationStateEntry { SuppressValidation = true });
    }

    protected abstract Task<object?> ReadAsync(DaprClient dapr, string storeName, string key, CancellationToken ct);
}

internal sealed class StateValueBinder<TValue>(FromStateSource source) : FromStateBinder(source)
{
    protected override async Task<object?> ReadAsync(DaprClient dapr, string storeName, string key, CancellationToken ct) =>
        await dapr.GetStateAsync<TValue>(storeName, key, cancellationToken: ct);
}

internal sealed class StateEntryBinder<TValue>(FromStateSource source) : FromStateBinder(source)
{
    protected override async Task<object?> ReadAsync(DaprClient dapr, string storeName, string key, CancellationToken ct) =>
        await dapr.GetStateEntryAsync<TValue>(storeName, key, cancellationToken: ct);
}
