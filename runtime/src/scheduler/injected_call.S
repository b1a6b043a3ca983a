/* SPDX-License-Identifier: BSL-1.0 */
/* A call that the preemption signal puts in front of the interrupted instruction. The handler has lowered the stack
   pointer by the red zone, pushed the interrupted address and continued here. All registers are kept: the general ones by
   hand, vector, floating-point and control registers by XSAVE. Then the process gives its turn away, and later goes on
   where it was. The frame looks like any other to debuggers and stack walkers. */

    .text
    .globl fiberscope_injected_call
    .hidden fiberscope_injected_call
    .type fiberscope_injected_call, @function
    .p2align 4
fiberscope_injected_call:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_def_cfa %rsp, 136              /* interrupted address + red zone */
    .cfi_offset %rip, -136
    pushq %rbp
    .cfi_def_cfa_offset 144
    .cfi_offset %rbp, -144
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushfq
    pushq %rax
    .cfi_offset %rax, -160
    pushq %rbx
    .cfi_offset %rbx, -168
    pushq %rcx
    .cfi_offset %rcx, -176
    pushq %rdx
    .cfi_offset %rdx, -184
    pushq %rsi
    .cfi_offset %rsi, -192
    pushq %rdi
    .cfi_offset %rdi, -200
    pushq %r8
    .cfi_offset %r8, -208
    pushq %r9
    .cfi_offset %r9, -216
    pushq %r10
    .cfi_offset %r10, -224
    pushq %r11
    .cfi_offset %r11, -232
    pushq %r12
    .cfi_offset %r12, -240
    pushq %r13
    .cfi_offset %r13, -248
    pushq %r14
    .cfi_offset %r14, -256
    pushq %r15
    .cfi_offset %r15, -264
    cld
    subq fiberscope_xsave_bytes(%rip), %rsp
    andq $-64, %rsp
    xorl %eax, %eax                     /* the header of the area: XRSTOR wants it clean */
    leaq 512(%rsp), %rdi
    movl $8, %ecx
    rep stosq
    movl $-1, %eax
    movl $-1, %edx
    xsave64 (%rsp)
    call fiberscope_injected_yield
    movl $-1, %eax
    movl $-1, %edx
    xrstor64 (%rsp)
    leaq -120(%rbp), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rbx
    popq %rax
    popfq
    popq %rbp
    .cfi_def_cfa %rsp, 136
    .cfi_restore %rbp
    ret $128                            /* to the interrupted instruction, above the red zone */
    .cfi_endproc
    .globl fiberscope_injected_call_end
    .hidden fiberscope_injected_call_end
fiberscope_injected_call_end:
    .size fiberscope_injected_call, . - fiberscope_injected_call

/* Where the call of a library returns to whose caller is to end: its return address has been replaced by this one. For
   who unwinds, the stack ends here. */

    .globl fiberscope_return_to_end
    .hidden fiberscope_return_to_end
    .type fiberscope_return_to_end, @function
    .p2align 4
    .cfi_startproc
    .cfi_undefined %rip
    nop                                 /* a return address is looked up one byte lower */
fiberscope_return_to_end:
    cld
    call fiberscope_end_by_force
    ud2
    .cfi_endproc
    .size fiberscope_return_to_end, . - fiberscope_return_to_end

    .section .note.GNU-stack, "", @progbits
