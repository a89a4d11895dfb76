// Each slider and its number say the same.
addEventListener('input', ({ target }) => {
  const field = target.closest?.('.desk .lever')
  for (const other of field?.querySelectorAll('input:is([type=number], [type=range])') ?? []) if (other !== target) other.value = target.value
})
